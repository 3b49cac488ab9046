/** Certificates are renewed when this part of their life is left, and up to as much more. */
const LEAST_LEFT = 0.2
const MOST_LEFT = 0.25

/**
 * When to renew what is valid from `notBefore` to `notAfter` (ms): at a random moment, so that the agents of many clusters that
 * have joined together do not renew together.
 *
 * @param random from 0 to 1
 */
export function renewalTime(
  { notBefore, notAfter }: { readonly notBefore: number; readonly notAfter: number },
  random: number,
): number {
  const left = LEAST_LEFT + (MOST_LEFT - LEAST_LEFT) * random
  return notAfter - left * Math.max(0, notAfter - notBefore)
}
