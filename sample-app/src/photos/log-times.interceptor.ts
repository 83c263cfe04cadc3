import {
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { finalize, type Observable } from 'rxjs';
import { StepwellExecutionContext } from 'stepwell';

/** Logs how long each job, or each step of one, has taken. */
@Injectable()
export class LogTimes implements NestInterceptor {
  private readonly logger = new Logger('Jobs');

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { queue, job, step } = StepwellExecutionContext.create(context).getInfo();
    const since = performance.now();
    return next.handle().pipe(
      finalize(() => {
        const tookMs = Math.round(performance.now() - since);
        this.logger.debug(`${queue} ${job.id} ${step ?? job.name}: ${tookMs} ms`);
      }),
    );
  }
}
