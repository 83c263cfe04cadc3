// Imported first: where Nest is not installed, the error of Node names this file, and so says what to do.
// oxlint-disable-next-line import/no-unassigned-import -- to be found missing is all that it is for
import '@nestjs/common';
