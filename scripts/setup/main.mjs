/** Runs a script's main function; what goes wrong is one line, and an exit code of 1. */
export async function main(action) {
  try {
    process.exitCode = (await action()) ?? 0;
  } catch (error) {
    console.error(process.env.DEBUG ? error : `${error.name}: ${error.message}`.replace(/^Error: /, ''));
    process.exitCode = 1;
  }
}
