/** Decides whether the bearer of a token may connect as an agent. */
export interface AgentAuthenticator {
  /** @throws Error with a text for the agent when it may not */
  authenticate(token: string): Promise<void>
}

/**
 * The bearer token in the values of an `authorization` header, as konnectivity reads it.
 *
 * @throws Error in konnectivity's words
 */
export function bearerToken(values: readonly string[]): string {
  if (values.length === 0) throw new Error('Authentication context was not found in metadata')
  if (values.length > 1) throw new Error(`too many (${values.length}) tokens are received`)
  const value = values[0] as string
  if (!value.startsWith('Bearer ')) throw new Error('received token does not have "Bearer " prefix')
  return value.slice('Bearer '.length)
}
