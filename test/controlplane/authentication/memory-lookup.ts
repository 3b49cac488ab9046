import type { ObjectLookup } from '../../../src/controlplane/authentication/index.ts'
import type { KubeObject, ObjectMeta } from '../../../src/controlplane/registry/index.ts'

/** Objects by resource, namespace and name, as plain as can be. */
export class MemoryLookup implements ObjectLookup {
  readonly #objects = new Map<string, KubeObject>()

  get(resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(resource, namespace, name))
  }

  set(resource: string, object: KubeObject): void {
    const { namespace = '', name = '' } = object.metadata
    this.#objects.set(keyOf(resource, namespace, name), object)
  }

  delete(resource: string, namespace: string, name: string): void {
    this.#objects.delete(keyOf(resource, namespace, name))
  }
}

export function kubeObject(
  kind: string,
  metadata: ObjectMeta,
  rest: Readonly<Record<string, unknown>> = {},
): KubeObject {
  return { kind, apiVersion: 'v1', metadata, ...rest } as KubeObject
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('/')
}
