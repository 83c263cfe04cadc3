/** Resolves with the calls, whatever they come to, at the latest after so many milliseconds. */
export async function within(ms: number, calls: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([calls.catch(() => {}), late]);
  clearTimeout(timer);
}
