let offsetMs = 0;

/** Notes what time it is there, as told just now. */
export function noteServerTime(at) {
  offsetMs = at - Date.now();
}

/** Milliseconds since 1970 by the app's clock: a browser's may be wrong by minutes. */
export function serverNow() {
  return Date.now() + offsetMs;
}
