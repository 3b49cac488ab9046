import { setTimeout as delay } from 'node:timers/promises'
import type { JsonObject } from '../api/json.ts'
import { generatedName, type KubeObject } from '../registry/index.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'
import { newPod, objectsOf, podRefusal, specOf } from './pod-shape.ts'

export interface ServiceAccountSource {
  get(namespace: string, name: string): KubeObject | undefined
}

const DEFAULT = 'default'
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const VOLUME_PREFIX = 'kube-api-access-'
const TOKEN_SECONDS = 60 * 60 + 7
const MODE = 0o644
const MIRROR = 'kubernetes.io/config.mirror'

/** A namespace that has just been made gets its default account a moment later. */
const ATTEMPTS = 10
const ATTEMPT_MS = 100

/** Every pod has an account, and the means to speak to the API by it (kubernetes, plugin/pkg/admission/serviceaccount). */
export function podServiceAccount(accounts: ServiceAccountSource): AdmissionPlugin {
  return {
    async mutate(request) {
      const pod = newPod(request)
      if (!pod || pod.metadata.annotations?.[MIRROR] !== undefined) return undefined
      const spec = specOf(pod)
      const name = (typeof spec.serviceAccountName === 'string' && spec.serviceAccountName) || DEFAULT
      const account = await find(accounts, request, name)
      const withAccount: JsonObject = { ...spec, serviceAccountName: name, serviceAccount: name }
      const secrets = objectsOf(account.imagePullSecrets)
      const withSecrets =
        objectsOf(spec.imagePullSecrets).length === 0 && secrets.length > 0
          ? { ...withAccount, imagePullSecrets: secrets }
          : withAccount
      const mounts = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
      return { ...pod, spec: mounts ? withToken(withSecrets) : withSecrets }
    },
  }
}

async function find(
  accounts: ServiceAccountSource,
  request: AdmissionRequest,
  name: string,
): Promise<KubeObject> {
  const attempts = name === DEFAULT ? ATTEMPTS : 1
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const account = accounts.get(request.namespace, name)
    if (account) return account
    if (attempt < attempts) await delay(ATTEMPT_MS)
  }
  throw podRefusal(
    request,
    `error looking up service account ${request.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
  )
}

/** Only containers that do not mount something else there need it. */
function withToken(spec: JsonObject): JsonObject {
  const volumes = objectsOf(spec.volumes)
  const existing = volumes.find(({ name }) => typeof name === 'string' && name.startsWith(VOLUME_PREFIX))
  const name = typeof existing?.name === 'string' ? existing.name : generatedName(VOLUME_PREFIX)
  const mount = { name, readOnly: true, mountPath: MOUNT_PATH }
  let isUsed = false
  const mounted = (list: JsonObject[string]): readonly JsonObject[] =>
    objectsOf(list).map((container) => {
      const mounts = objectsOf(container.volumeMounts)
      if (mounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) return container
      isUsed = true
      return { ...container, volumeMounts: [...mounts, mount] }
    })
  const containers = mounted(spec.containers)
  const initContainers = mounted(spec.initContainers)
  if (!isUsed) return spec
  return {
    ...spec,
    containers,
    ...(initContainers.length > 0 ? { initContainers } : {}),
    volumes: existing ? volumes : [...volumes, { name, projected: accessSources() }],
  }
}

function accessSources(): JsonObject {
  return {
    sources: [
      { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: MODE,
  }
}
