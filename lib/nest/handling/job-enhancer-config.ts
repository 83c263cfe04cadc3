import { Catch, type ExceptionFilter } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';

/** What `NotFiltered` returns. */
export const NOT_FILTERED = Symbol.for('stepwell.not-filtered');

/** Asked last: without it Nest would log each error that no other filter is for, as the module does already. */
@Catch()
class NotFiltered implements ExceptionFilter {
  catch(): unknown {
    return NOT_FILTERED;
  }
}

/** The enhancers of the whole application as far as they are for jobs: those of `config`, or none. */
export class JobEnhancerConfig {
  constructor(private readonly config?: ApplicationConfig) {}

  getGlobalGuards = () => this.config?.getGlobalGuards() ?? [];
  getGlobalPipes = () => this.config?.getGlobalPipes() ?? [];
  getGlobalInterceptors = () => this.config?.getGlobalInterceptors() ?? [];
  getGlobalFilters = () => [new NotFiltered(), ...(this.config?.getGlobalFilters() ?? [])];
  // Refused at the start: see `HandlerFactory`.
  getGlobalRequestGuards = () => [];
  getGlobalRequestPipes = () => [];
  getGlobalRequestInterceptors = () => [];
  getGlobalRequestFilters = () => [];
}
