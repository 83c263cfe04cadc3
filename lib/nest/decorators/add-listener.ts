import 'reflect-metadata';
import type { ListenerMetadata } from '../interfaces/metadata.interface.js';
import { declareListener } from '../start-watch.js';
import { LISTENERS_METADATA } from '../stepwell.constants.js';

/** Leaves on a method what it listens to; a method may listen to several events. */
export function addListener(listener: ListenerMetadata): MethodDecorator {
  return (target, name, descriptor: PropertyDescriptor) => {
    declareListener(target, String(name));
    const method = descriptor.value as object;
    const present = (Reflect.getOwnMetadata(LISTENERS_METADATA, method) ?? []) as ListenerMetadata[];
    Reflect.defineMetadata(LISTENERS_METADATA, [listener, ...present], method);
  };
}
