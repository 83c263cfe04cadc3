// Imported first: where Nest is not installed, the error of Node names this file, and so says what to do.
import '@nestjs/common';
