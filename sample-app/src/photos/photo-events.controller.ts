import { Controller, Headers, Param, Res, Sse, UseGuards, type MessageEvent } from '@nestjs/common';
import type { Response } from 'express';
import type { Observable } from 'rxjs';
import { toSse } from 'stepwell';
import { readCursor } from '../http/event-cursor.js';
import { RedisUpGuard } from '../redis/redis-up.guard.js';
import { PhotosService } from './photos.service.js';

@Controller('photos')
@UseGuards(RedisUpGuard)
export class PhotoEventsController {
  constructor(private readonly photos: PhotosService) {}

  /** How the photo is, then what happens to it, until its end: `curl -N` shows it, and a browser goes on where it was. */
  @Sse(':id/events')
  follow(
    @Param('id') id: string,
    @Res({ passthrough: true }) response: Response,
    @Headers('last-event-id') lastEventId?: string,
  ): Observable<MessageEvent> {
    const [after] = readCursor(lastEventId) ?? [];
    return this.photos.follow(id, after).pipe(toSse({ response }));
  }
}
