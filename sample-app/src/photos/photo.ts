import { IsInt, IsPositive, IsString } from 'class-validator';

/** Queue of the photos, a job each. */
export const PHOTOS = 'photos';
/** Queue of the pictures that are made of them: children of the photos' jobs. */
export const PICTURES = 'pictures';

/** Widths of the pictures that are made of each photo. */
export const WIDTHS = [320, 640, 1280] as const;

/** Signal that says whether a photo may be published. */
export const REVIEWED = 'reviewed';

/** The steps of a photo, in their order. */
export const STEPS = ['inspect', 'resize', 'collect', 'review', 'publish'] as const;

/** What a job is given: where the photo lies, never the photo itself. */
export interface PhotoData {
  title: string;
  /** Key of the file in the photo store. */
  file: string;
  /** Equal for equal photos. */
  digest: string;
}

/** What looking at the photo tells. */
export interface Inspection {
  format: string;
  width: number;
  height: number;
  bytes: number;
  /** The dominant color, such as `#a05030`. */
  color: string;
}

/** What comes with the signal. */
export interface Review {
  verdict: 'approved' | 'rejected';
  by: string;
}

/** What a photo's job came to: only one that was approved is published. */
export interface PhotoResult extends Review {
  at: string;
}

/** What the job of a picture is given. */
/** Checked before a picture is made: see `PictureProcessor`. */
export class PictureData {
  /** Key of the photo's file. */
  @IsString()
  file!: string;

  /** Name of the picture in the photo store. */
  @IsString()
  name!: string;

  @IsInt()
  @IsPositive()
  width!: number;
}

export interface Picture {
  width: number;
  height: number;
  bytes: number;
}

/** The id of a picture's job tells whose picture it is. */
export function pictureJobId(photoId: string, width: number): string {
  return `${photoId}-${width}`;
}

export function photoIdOf(pictureJob: string): string {
  return pictureJob.slice(0, pictureJob.lastIndexOf('-'));
}
