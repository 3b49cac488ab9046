import { generatedName } from '../../registry/index.ts'
import type { Container, Pod, PodSpec, Toleration } from '../pod/index.ts'

/** What admission plugins of the original add to every new pod. */

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const TOKEN_VOLUME = 'kube-api-access-'
/** A little more than an hour, by which the original knows its own tokens. */
const TOKEN_SECONDS = 3607
const TOLERATED_SECONDS = 300
const TOLERATED = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
const FILE_MODE = 0o644

/** A service account, a priority, and some patience with its node. */
export function admittedPod(pod: Pod): Pod {
  const account = pod.spec.serviceAccountName || 'default'
  return {
    ...pod,
    spec: {
      ...pod.spec,
      serviceAccountName: account,
      serviceAccount: account,
      tolerations: withNodeTolerations(pod.spec.tolerations ?? []),
      priority: pod.spec.priority ?? 0,
      preemptionPolicy: pod.spec.preemptionPolicy ?? 'PreemptLowerPriority',
    },
  }
}

/**
 * Mounts the token of the pod's service account, and what else it takes to speak with the API, in every container that has nothing
 * else in its place. Whether the account wants that, only whoever has the account can say.
 *
 * @param configMaps further ConfigMaps, with the key that becomes a file of the same name
 */
export function withTokenVolume(
  pod: Pod,
  configMaps: readonly (readonly [name: string, key: string])[] = [],
): Pod {
  const { containers, initContainers, volumes = [] } = pod.spec
  const all = [...(containers ?? []), ...(initContainers ?? [])]
  if (!all.some(lacksToken)) return pod
  const name = generatedName(TOKEN_VOLUME)
  const mounted = (container: Container): Container =>
    lacksToken(container)
      ? {
          ...container,
          volumeMounts: [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: TOKEN_PATH }],
        }
      : container
  const spec: PodSpec = {
    ...pod.spec,
    volumes: [...volumes, tokenVolume(name, [['kube-root-ca.crt', 'ca.crt']], configMaps)],
    ...(containers ? { containers: containers.map(mounted) } : {}),
    ...(initContainers ? { initContainers: initContainers.map(mounted) } : {}),
  }
  return { ...pod, spec }
}

function lacksToken({ volumeMounts = [] }: Container): boolean {
  return !volumeMounts.some(({ mountPath }) => mountPath === TOKEN_PATH)
}

function tokenVolume(
  name: string,
  first: readonly (readonly [string, string])[],
  last: readonly (readonly [string, string])[],
) {
  const fileOf = ([configMap, key]: readonly [string, string]) => ({
    configMap: { name: configMap, items: [{ key, path: key }] },
  })
  const namespace = {
    path: 'namespace',
    fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' },
  }
  const sources = [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
    ...first.map(fileOf),
    { downwardAPI: { items: [namespace] } },
    ...last.map(fileOf),
  ]
  return { name, projected: { sources, defaultMode: FILE_MODE } }
}

function withNodeTolerations(tolerations: readonly Toleration[]): Toleration[] {
  const missing = TOLERATED.filter((key) => !tolerations.some((each) => tolerates(each, key)))
  return [
    ...tolerations,
    ...missing.map((key) => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: TOLERATED_SECONDS,
    })),
  ]
}

function tolerates({ key = '', effect = '' }: Toleration, taint: string): boolean {
  return (key === '' || key === taint) && (effect === '' || effect === 'NoExecute')
}
