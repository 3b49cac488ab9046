import type { Secret } from '../../apis/core/v1.ts'
import { SECRETS } from '../../apis/resources.ts'
import type { KubeClient } from '../../kube/index.ts'

export interface NamespacedName {
  readonly namespace: string
  readonly name: string
}

/** What a Secret holds, as text. */
export type SecretTexts = Readonly<Record<string, string>>

export function secretText(secret: Secret | undefined, key: string): string | undefined {
  const { data } = secret ?? {}
  const value = data && Object.hasOwn(data, key) ? data[key] : undefined
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString()
}

export function encodeTexts(texts: SecretTexts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  )
}

/** Makes the Secret, or puts the data into it. */
export async function writeSecret(
  client: KubeClient,
  key: NamespacedName,
  data: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Secret> {
  const secrets = client.resource<Secret>(SECRETS)
  if (await secrets.find(key, { signal })) {
    return secrets.patch(key, { type: 'merge', body: { data } }, { signal })
  }
  return secrets.create({ metadata: key, data }, { signal })
}
