import {
  Controller,
  Get,
  Headers,
  HttpCode,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Res,
  Sse,
  UploadedFile,
  UseInterceptors,
  type MessageEvent,
} from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import type { Response } from 'express';
import type { Observable } from 'rxjs';
import { toSse } from 'stepwell';
import type { PhotoView } from './photo-view.js';
import { PhotosService } from './photos.service.js';
import { checkUpload, MAX_UPLOAD_BYTES, titleOf, type UploadedImage } from './upload-rules.js';

const UPLOAD = { limits: { fileSize: MAX_UPLOAD_BYTES, files: 1 }, defParamCharset: 'utf8' };

@Controller('photos')
export class PhotosController {
  constructor(private readonly photos: PhotosService) {}

  @Get()
  list(): Promise<PhotoView[]> {
    return this.photos.list();
  }

  @Get('samples')
  samples(): Promise<string[]> {
    return this.photos.samples();
  }

  /** Answers at once: the photo is waiting, its pictures come later. */
  @Post()
  @HttpCode(202)
  @UseInterceptors(FileInterceptor('photo', UPLOAD))
  async upload(@UploadedFile() file?: UploadedImage): Promise<PhotoView> {
    await checkUpload(file);
    const { originalname, buffer } = file as UploadedImage;
    return this.photos.addUpload(titleOf(originalname), buffer);
  }

  @Post('samples/:name')
  @HttpCode(202)
  addSample(@Param('name') name: string): Promise<PhotoView> {
    return this.photos.addSample(name);
  }

  @Get(':id')
  get(@Param('id') id: string): Promise<PhotoView> {
    return this.photos.get(id);
  }

  /** How the photo is, then what happens to it, until its end: `curl -N` shows it, and a browser goes on where it was. */
  @Sse(':id/events')
  follow(
    @Param('id') id: string,
    @Res({ passthrough: true }) response: Response,
    @Headers('last-event-id') after?: string,
  ): Observable<MessageEvent> {
    return this.photos.follow(id, after).pipe(toSse({ response }));
  }

  @Post(':id/approve')
  @HttpCode(202)
  approve(@Param('id') id: string): Promise<PhotoView> {
    return this.photos.approve(id, { by: 'somebody at the board' });
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
          reject(new NotFoundException(`Photo ${id} has no picture of that width yet.`));
        else if (error && error.code !== 'ECONNABORTED' && !response.headersSent) reject(error);
        else resolve(); // Whatever else went wrong, nobody is there to be told.
      });
    });
  }
}
