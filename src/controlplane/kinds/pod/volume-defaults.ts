import { fieldSelectorDefaults, resourcesDefaults } from './container-defaults.ts'
import { defaultPullPolicy } from './image-tag.ts'
import type { ClaimSpec, DownwardFiles, Projection, Volume } from './pod-shape.ts'

/** Read and write for the owner, read for everyone else: 0644. */
const FILE_MODE = 0o644
const TOKEN_SECONDS = 3600

/** What a client may leave out of a volume, which is an empty directory when nothing else is said of it. */
export function volumeDefaults(volume: Volume): Volume {
  const { name, hostPath, secret, configMap, downwardAPI, projected, ephemeral, image } = volume
  if (Object.keys(volume).every((key) => key === 'name')) return { name, emptyDir: {} }
  return {
    ...volume,
    ...(hostPath ? { hostPath: { ...hostPath, type: hostPath.type ?? '' } } : {}),
    ...(secret ? { secret: withFileMode(secret) } : {}),
    ...(configMap ? { configMap: withFileMode(configMap) } : {}),
    ...(downwardAPI ? { downwardAPI: withFileMode(downwardFilesDefaults(downwardAPI)) } : {}),
    ...(projected
      ? {
          projected: withFileMode({
            ...projected,
            sources: projected.sources?.map(projectionDefaults) ?? null,
          }),
        }
      : {}),
    ...(ephemeral?.volumeClaimTemplate
      ? {
          ephemeral: {
            ...ephemeral,
            volumeClaimTemplate: {
              ...ephemeral.volumeClaimTemplate,
              spec: claimSpecDefaults(ephemeral.volumeClaimTemplate.spec),
            },
          },
        }
      : {}),
    ...(image
      ? { image: { ...image, pullPolicy: image.pullPolicy || defaultPullPolicy(image.reference ?? '') } }
      : {}),
  }
}

/** Of a PersistentVolumeClaim, or of the template of one. */
export function claimSpecDefaults(spec: ClaimSpec): ClaimSpec {
  return {
    ...spec,
    ...(spec.resources ? { resources: resourcesDefaults(spec.resources) } : {}),
    volumeMode: spec.volumeMode ?? 'Filesystem',
  }
}

function withFileMode<Files extends { readonly defaultMode?: number }>(files: Files): Files {
  return { ...files, defaultMode: files.defaultMode ?? FILE_MODE }
}

function projectionDefaults(source: Projection): Projection {
  const { downwardAPI, serviceAccountToken } = source
  return {
    ...source,
    ...(downwardAPI ? { downwardAPI: downwardFilesDefaults(downwardAPI) } : {}),
    ...(serviceAccountToken
      ? {
          serviceAccountToken: {
            ...serviceAccountToken,
            expirationSeconds: serviceAccountToken.expirationSeconds ?? TOKEN_SECONDS,
          },
        }
      : {}),
  }
}

function downwardFilesDefaults(files: DownwardFiles): DownwardFiles {
  if (!files.items) return files
  return {
    ...files,
    items: files.items.map((item) =>
      item.fieldRef ? { ...item, fieldRef: fieldSelectorDefaults(item.fieldRef) } : item,
    ),
  }
}
