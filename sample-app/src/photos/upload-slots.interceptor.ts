import {
  BadRequestException,
  Injectable,
  ServiceUnavailableException,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Response } from 'express';
import { catchError, finalize, type Observable } from 'rxjs';

/** An upload lies in memory until it is looked at, so that only so many may come at once. */
const MAX_AT_ONCE = 4;

@Injectable()
export class UploadSlots implements NestInterceptor {
  private taken = 0;

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = context.switchToHttp().getResponse<Response>();
    if (this.taken >= MAX_AT_ONCE) {
      response.set('Retry-After', '2');
      throw new ServiceUnavailableException('Too many photos are being sent: try again in a moment.');
    }
    this.taken += 1;
    return next.handle().pipe(
      catchError((error: Error) => {
        // A sender that goes away is no fault of ours.
        throw error.message === 'Request aborted' ? new BadRequestException(error.message) : error;
      }),
      finalize(() => (this.taken -= 1)),
    );
  }
}
