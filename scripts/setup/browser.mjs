import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inRoot } from './paths.mjs';

// Ubuntu's chromium-browser may be a stub that asks for a snap, so it comes last.
const BROWSER = {
  what: 'Chromium',
  names: ['chromium', 'chromium-headless-shell', 'google-chrome-stable', 'google-chrome', 'chromium-browser'],
  packages: { 'apt-get': ['chromium'], apk: ['chromium'], dnf: ['chromium'], brew: ['google-chrome'] },
};

// Where no PATH leads.
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * The path of a Chromium for the tests of pages: the one that CHROME_PATH names, else one of this machine, else one
 * that its package manager installs where that needs no password, when `install()` says that it is needed.
 * Undefined where there is none, after a line that says what to type.
 */
export async function locateBrowser(install, report = console.error) {
  const named = process.env.CHROME_PATH;
  if (named) {
    if (!existsSync(named)) throw new Error('CHROME_PATH names no file.');
    return named;
  }
  const load = (name) => import(pathToFileURL(inRoot('dist', 'testing', `${name}.js`)).href);
  const { locateProgram } = await load('locate-program');
  const present = await locateProgram(BROWSER, false, report);
  if (present.path) return present.path;
  const application = APPLICATIONS.find(existsSync);
  if (application || !(await install())) return application;

  const { path, reason } = await locateProgram(BROWSER, true, report);
  if (path) return path;
  const { installAdvice } = await load('package-manager');
  const advice = installAdvice(BROWSER) ?? "install Chromium with your system's packages";
  report(`No Chromium here, and ${reason}: ${advice}, or set CHROME_PATH to one you have.`);
  return undefined;
}
