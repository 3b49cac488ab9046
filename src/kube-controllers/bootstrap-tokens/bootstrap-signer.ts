import type { ConfigMap, Secret } from '../../apis/core/v1.ts'
import { CONFIG_MAPS, SECRETS } from '../../apis/resources.ts'
import { type Controller, isConflict, isNotFound } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { detachedSignature } from './detached-signature.ts'
import { BOOTSTRAP_TOKENS, expiryOf } from './token-cleaner.ts'

const CLUSTER_INFO = { namespace: 'kube-public', name: 'cluster-info' }
const SIGNATURE = 'jws-kubeconfig-'
const SECRET_PREFIX = 'bootstrap-token-'

/**
 * Signs `kube-public/cluster-info` with each bootstrap token that is for that, where somebody has made it
 * (kube-controller-manager's `bootstrap-signer-controller`).
 */
export function addBootstrapSigner({ manager, client }: ControllerContext): Controller {
  const { namespace, name } = CLUSTER_INFO
  const selection = { namespace, fieldSelector: `metadata.name=${name}` }
  const objects = manager.informers.for<ConfigMap>(CONFIG_MAPS, selection)
  const secrets = manager.informers.for<Secret>(SECRETS, BOOTSTRAP_TOKENS)
  const configMaps = client.resource<ConfigMap>(CONFIG_MAPS)
  return manager
    .controller({
      name: 'bootstrap-signer',
      async reconcile(key, { signal }) {
        const object = objects.store.get(key)
        if (object?.data?.kubeconfig === undefined) return
        const data = signedData(object.data, secrets.store.list(), client.clock.now())
        if (isSame(object.data, data)) return
        await configMaps.update({ ...object, data }, { signal }).catch((error) => {
          if (!isNotFound(error) && !isConflict(error)) throw error // an event makes us look again
        })
      },
    })
    .watch(objects)
    .watch(secrets, { map: () => [CLUSTER_INFO] })
}

/** With the signatures of these tokens, and no others. */
export function signedData(
  data: Readonly<Record<string, string>>,
  secrets: readonly Secret[],
  nowMs: number,
): Record<string, string> {
  const unsigned = Object.entries(data).filter(([name]) => !name.startsWith(SIGNATURE))
  const signatures = secrets.flatMap((secret) => {
    const {
      'token-id': id = '',
      'token-secret': key = '',
      'usage-bootstrap-signing': usage,
    } = textsOf(secret)
    const isRight = id !== '' && key !== '' && secret.metadata.name === `${SECRET_PREFIX}${id}`
    if (!isRight || usage !== 'true' || expiryOf(secret) <= nowMs) return []
    return [[`${SIGNATURE}${id}`, detachedSignature(data.kubeconfig ?? '', id, key)] as const]
  })
  return Object.fromEntries([...unsigned, ...signatures])
}

function textsOf({ data = {} }: Secret): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]),
  )
}

function isSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
