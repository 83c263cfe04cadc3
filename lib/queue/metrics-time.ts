/** Times for `metrics.maxDataPoints`, in minutes. */
export enum MetricsTime {
  ONE_MINUTE = 1,
  FIVE_MINUTES = 5,
  FIFTEEN_MINUTES = 15,
  THIRTY_MINUTES = 30,
  ONE_HOUR = 60,
  ONE_WEEK = 10_080,
  TWO_WEEKS = 20_160,
  /** Eight weeks, under the name that BullMQ gives them. */
  ONE_MONTH = 80_640,
}
