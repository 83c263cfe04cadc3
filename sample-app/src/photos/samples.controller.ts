import { Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { RedisUpGuard } from '../redis/redis-up.guard.js';
import type { PhotoView } from './photo-view.js';
import { PhotosService } from './photos.service.js';

/** The photos that come with the app. */
@Controller('photos/samples')
export class SamplesController {
  constructor(private readonly photos: PhotosService) {}

  @Get()
  list(): Promise<string[]> {
    return this.photos.samples();
  }

  @Post(':name')
  @HttpCode(202)
  @UseGuards(RedisUpGuard)
  add(@Param('name') name: string): Promise<PhotoView> {
    return this.photos.addSample(name);
  }
}
