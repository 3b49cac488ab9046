import { AppError } from '../../common/errors.ts'

/** A number of clusters, or a percentage. */
export type Threshold = number | string | undefined

/** A threshold that is neither a number nor a percentage. The API lets none pass. */
export class InvalidThresholdError extends AppError {
  constructor(threshold: string) {
    super('ERR_INVALID_THRESHOLD', `${JSON.stringify(threshold)} is neither a number nor a percentage`)
  }
}

/**
 * How many of `total` clusters a threshold means, percentages rounded up. What makes no sense, as zero of them or more than there are,
 * means `byDefault`. Throws an InvalidThresholdError.
 */
export function rolloutSize(threshold: Threshold, total: number, byDefault: number): number {
  const size = Math.ceil(amount(threshold, total))
  return size <= 0 || size > total ? byDefault : size
}

function amount(threshold: Threshold = 0, total: number): number {
  if (typeof threshold === 'number') return threshold
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(threshold) ?? []
  if (digits === undefined) throw new InvalidThresholdError(threshold)
  return percent ? (Number(digits) / 100) * total : Number(digits)
}
