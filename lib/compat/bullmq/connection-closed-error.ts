export { ConnectionClosedError } from '../../job/errors.js';

export const CONNECTION_CLOSED_ERROR_MSG = 'Connection is closed.';
