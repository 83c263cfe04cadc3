import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { BullExplorer } from './bull.explorer.js';
import { EXTRA_OPTIONS_TOKEN } from './constants.js';
import type { BullModuleExtraOptions } from './options.interface.js';

/** Starts the processors and listeners of the application: by itself, or with `manualRegistration` when it is called. */
@Injectable()
export class BullRegistrar implements OnModuleInit {
  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly explorer: BullExplorer,
  ) {}

  onModuleInit(): void {
    if (!this.extraOptions()?.manualRegistration) {
      this.register();
    }
  }

  register(): void {
    this.explorer.register();
  }

  private extraOptions(): BullModuleExtraOptions | undefined {
    try {
      return this.moduleRef.get<BullModuleExtraOptions>(EXTRA_OPTIONS_TOKEN, { strict: false });
    } catch {
      return undefined;
    }
  }
}
