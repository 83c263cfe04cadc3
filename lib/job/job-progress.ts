/** Progress is any JSON value; a number is read as a percentage by most tools. */
export type JobProgress = string | boolean | number | object;
