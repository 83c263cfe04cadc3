import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { InvalidOptionError } from 'stepwell';

/** A `Last-Event-ID` that is none is the caller's mistake. */
@Catch(InvalidOptionError)
export class InvalidCursorFilter implements ExceptionFilter<InvalidOptionError> {
  catch({ message }: InvalidOptionError, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Response>().status(400).json({ statusCode: 400, message });
  }
}
