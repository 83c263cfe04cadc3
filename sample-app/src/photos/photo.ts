export const PHOTOS = 'photos';

/** Widths of the pictures that are made of each photo. */
export const WIDTHS = [320, 640, 1280] as const;

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

export interface Picture {
  width: number;
  height: number;
  bytes: number;
}

export interface PhotoProgress {
  done: number;
  of: number;
  inspection?: Inspection;
  pictures: Picture[];
}

export interface PhotoResult {
  inspection: Inspection;
  pictures: Picture[];
}
