/** What a client calls the time that it gives a call. */
export const TIMEOUT_HEADER = 'grpc-timeout'

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
}

/** Reads what gRPC writes as one to eight digits and a unit, such as `250m`. Milliseconds, or undefined for anything else. */
export function parseGrpcTimeout(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits) * (MS_PER_UNIT[unit] as number)
}
