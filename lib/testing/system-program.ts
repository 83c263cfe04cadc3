/** A program that comes with the system's packages, such as a Redis server. */
export interface SystemProgram {
  /** What it is in a sentence, such as `Redis server`. */
  readonly what: string;
  /** Names that the program goes by, the best first. */
  readonly names: readonly string[];
  /** Packages that bring it, by package manager; the next is tried where one does not exist. */
  readonly packages: Readonly<Record<PackageManagerName, readonly string[]>>;
}

export type PackageManagerName = 'apt-get' | 'apk' | 'dnf' | 'brew';
