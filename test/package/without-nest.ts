// Run by `npm run check`: `stepwell` where Nest is not installed says what to import instead.
async function main(): Promise<void> {
  // Not as a literal: its types need Nest.
  const entry: string = 'stepwell';
  const message = await import(entry).then(
    () => 'It was loaded',
    (error: Error) => error.message,
  );
  if (!message.includes('without-nest-import-stepwell-engine')) throw new Error(message);
  await import('stepwell/engine');
  console.log('it works');
}

void main();
