import {
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Res,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import type { Response } from 'express';
import { AnswerInTime } from '../redis/answer-in-time.interceptor.js';
import { RedisUpGuard } from '../redis/redis-up.guard.js';
import type { PhotoDetails } from './photo-details.js';
import type { PhotoView } from './photo-view.js';
import { PhotosService } from './photos.service.js';

/** Who looks at photos here has no name. */
const SOMEBODY = 'somebody at the board';

@Controller('photos')
@UseGuards(RedisUpGuard)
@UseInterceptors(AnswerInTime)
export class PhotosController {
  constructor(private readonly photos: PhotosService) {}

  @Get()
  list(): Promise<PhotoView[]> {
    return this.photos.list();
  }

  @Get(':id')
  get(@Param('id') id: string): Promise<PhotoView> {
    return this.photos.get(id);
  }

  @Get(':id/details')
  details(@Param('id') id: string): Promise<PhotoDetails> {
    return this.photos.details(id);
  }

  @Post(':id/approve')
  @HttpCode(202)
  approve(@Param('id') id: string): Promise<PhotoView> {
    return this.photos.review(id, { verdict: 'approved', by: SOMEBODY });
  }

  @Post(':id/reject')
  @HttpCode(202)
  reject(@Param('id') id: string): Promise<PhotoView> {
    return this.photos.review(id, { verdict: 'rejected', by: SOMEBODY });
  }

  @Post(':id/retry')
  @HttpCode(202)
  retry(@Param('id') id: string): Promise<PhotoView> {
    return this.photos.retry(id);
  }

  @Get(':id/pictures/:width')
  async picture(
    @Param('id') id: string,
    @Param('width', ParseIntPipe) width: number,
    @Res() response: Response,
  ): Promise<void> {
    const path = await this.photos.picturePath(id, width);
    await new Promise<void>((resolve, reject) => {
      const options = { headers: { 'Cache-Control': 'private, max-age=3600' } };
      response.sendFile(path, options, (error?: NodeJS.ErrnoException) => {
        if (error?.code === 'ENOENT')
          reject(new NotFoundException(`Photo ${id} has no picture of that width.`));
        else if (error && error.code !== 'ECONNABORTED' && !response.headersSent) reject(error);
        else resolve(); // Whatever else went wrong, nobody is there to be told.
      });
    });
  }
}
