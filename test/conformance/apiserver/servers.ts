import { readKubeconfig } from '../../../src/kube/access/kubeconfig.ts'
import { ApiClient } from '../../support/api-client.ts'
import { STORAGES, TestControlPlane, withoutIdentity } from '../../support/control-plane.ts'

/** An API server that is to answer as Kubernetes does. */
export interface Server {
  /** Of `system:masters`. */
  readonly admin: ApiClient
  readonly anonymous: ApiClient
  bearer(token: string): ApiClient
  close(): void | Promise<void>
}

export interface ServerDefinition {
  readonly name: string
  start(): Promise<Server>
}

/**
 * Ours on each storage or, instead, the one that the kubeconfig in CONTROL_PLANE_KUBECONFIG is for: it must be fresh, and without
 * controllers, as the recorded one was.
 */
export function serversUnderTest(): readonly ServerDefinition[] {
  const file = process.env.CONTROL_PLANE_KUBECONFIG
  if (file) return [{ name: file, start: () => serverOf(file) }]
  return STORAGES.map((storage) => ({ name: storage, start: () => TestControlPlane.start(storage) }))
}

async function serverOf(kubeconfigFile: string): Promise<Server> {
  const { server, tls, token } = await readKubeconfig([kubeconfigFile])
  const clients: ApiClient[] = []
  const client = (...parameters: ConstructorParameters<typeof ApiClient>) => {
    const made = new ApiClient(...parameters)
    clients.push(made)
    return made
  }
  const bearer = (each: string) => client(server, withoutIdentity(tls), { authorization: `Bearer ${each}` })
  return {
    admin: token === undefined ? client(server, tls) : bearer(token),
    anonymous: client(server, withoutIdentity(tls)),
    bearer,
    close: () => {
      for (const each of clients) each.close()
    },
  }
}
