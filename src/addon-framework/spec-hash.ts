import { createHash } from 'node:crypto'
import type { KubeObject } from '../apis/meta/v1.ts'
import { goJson } from './go-json.ts'

/**
 * SHA-256, in hex, of what a configuration says: all of it but its type, metadata and status, under its fields' names
 * (addon-framework's GetSpecHash). Managers and agents of add-ons compare it, so that it has to agree to the letter.
 */
export function specHash({ apiVersion: _, kind: __, metadata: ___, ...content }: KubeObject): string {
  const { status: _status, ...config } = content as Readonly<Record<string, unknown>>
  return createHash('sha256').update(goJson(config)).digest('hex')
}
