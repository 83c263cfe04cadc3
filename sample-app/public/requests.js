import { byId } from './element.js';

export async function ask(path, options) {
  const response = await fetch(path, options);
  const body = await response.json().catch(() => ({}));
  if (!response.ok)
    throw new Error([body.message].flat().join(' ') || `The app refused it (${response.status}).`);
  return body;
}

export function post(path, body) {
  return ask(path, { method: 'POST', ...(body ? { body } : {}) });
}

export function say(text, isError = false) {
  byId('notice').textContent = text;
  byId('notice').classList.toggle('bad', isError);
}

/** What was refused during an outage may be tried again: what was said of it is over. */
export function forgetRefusal() {
  if (byId('notice').classList.contains('bad')) say('');
}

/** Runs what a click started; what goes wrong is said on the page. Returns whether it went well. */
export async function attempt(action) {
  say('');
  try {
    await action();
    return true;
  } catch (error) {
    say(error instanceof TypeError ? 'The app does not answer.' : error.message, true);
    return false;
  }
}
