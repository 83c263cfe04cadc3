import 'reflect-metadata';
import type { ListenerMetadata } from '../interfaces/metadata.interface.js';
import { LISTENERS_METADATA } from '../stepwell.constants.js';

/** Leaves on a method what it listens to; a method may listen to several events. */
export function addListener(listener: ListenerMetadata): MethodDecorator {
  return (_target, _method, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as object;
    const present = (Reflect.getOwnMetadata(LISTENERS_METADATA, method) ?? []) as ListenerMetadata[];
    Reflect.defineMetadata(LISTENERS_METADATA, [listener, ...present], method);
  };
}
