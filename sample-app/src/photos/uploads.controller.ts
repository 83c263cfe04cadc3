import { Controller, HttpCode, Post, UploadedFile, UseGuards, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { RedisUpGuard } from '../redis/redis-up.guard.js';
import type { PhotoView } from './photo-view.js';
import { PhotosService } from './photos.service.js';
import { checkUpload, MAX_UPLOAD_BYTES, titleOf, type UploadedImage } from './upload-rules.js';
import { UploadSlots } from './upload-slots.interceptor.js';

const UPLOAD = { limits: { fileSize: MAX_UPLOAD_BYTES, files: 1, fields: 0 }, defParamCharset: 'utf8' };

/** Takes photos. What it sends back says that the photo is waiting: its pictures come later. */
@Controller('photos')
@UseGuards(RedisUpGuard)
export class UploadsController {
  constructor(private readonly photos: PhotosService) {}

  @Post()
  @HttpCode(202)
  @UseInterceptors(UploadSlots, FileInterceptor('photo', UPLOAD))
  async upload(@UploadedFile() file?: UploadedImage): Promise<PhotoView> {
    await checkUpload(file);
    const { originalname, buffer } = file as UploadedImage;
    return this.photos.addUpload(titleOf(originalname), buffer);
  }
}
