// Imported first: where Nest is not installed, the error of Node names this file, and so says what to do.
// oxlint-disable-next-line import/no-unassigned-import -- it is enough that it is there
import '@nestjs/common';
