const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** Tries until it works; answers undefined when the signal is aborted before. */
export async function persist<T>(
  attempt: () => Promise<T>,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<T | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const value = await attempt();
      return signal.aborted ? undefined : value;
    } catch (error) {
      if (!signal.aborted) {
        onError(error);
        await pause(pauseMs, signal);
      }
    }
  }
  return undefined;
}

/** Ends at once when the signal is aborted, and leaves neither a timer nor a listener. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
