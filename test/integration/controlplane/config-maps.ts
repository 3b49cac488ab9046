import type { ApiClient, Json } from '../../support/api-client.ts'

/** Where the tests of one file keep what they write. */
export interface ConfigMaps {
  readonly path: string
  at(name: string): string
  create(name: string, more?: object): Promise<Json>
}

/** Makes a namespace. */
export async function configMapsIn(admin: ApiClient, namespace: string): Promise<ConfigMaps> {
  await admin.post('/api/v1/namespaces', { metadata: { name: namespace } })
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  return {
    path,
    at: (name) => `${path}/${name}`,
    create: async (name, more = {}) => {
      const { status, json } = await admin.post(path, { metadata: { name }, ...more })
      if (status !== 201) throw new Error(json.message)
      return json
    },
  }
}

export function revisionOf(object: Json): number {
  return Number(object.metadata.resourceVersion)
}
