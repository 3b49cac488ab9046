import type { ObjectFieldSelector, ResourceFieldSelector } from './pod.ts'

/** A key of an object, and the file that it becomes. */
export interface KeyToPath {
  readonly key: string
  readonly path: string
  /** @default the volume's */
  readonly mode?: number
}

export interface DownwardAPIVolumeFile {
  readonly path: string
  readonly fieldRef?: ObjectFieldSelector
  readonly resourceFieldRef?: ResourceFieldSelector
  readonly mode?: number
}

export interface SecretProjection {
  readonly name?: string
  readonly items?: readonly KeyToPath[]
  readonly optional?: boolean
}

export type ConfigMapProjection = SecretProjection

export interface ServiceAccountTokenProjection {
  readonly audience?: string
  /** @default 3600 */
  readonly expirationSeconds?: number
  readonly path: string
}

/** One of the sources. */
export interface VolumeProjection {
  readonly secret?: SecretProjection
  readonly configMap?: ConfigMapProjection
  readonly downwardAPI?: { readonly items?: readonly DownwardAPIVolumeFile[] }
  readonly serviceAccountToken?: ServiceAccountTokenProjection
  readonly clusterTrustBundle?: object
}

/** One of the sources that this project knows; others have no field here. */
export interface Volume {
  readonly name: string
  readonly secret?: {
    readonly secretName?: string
    readonly items?: readonly KeyToPath[]
    readonly defaultMode?: number
    readonly optional?: boolean
  }
  readonly configMap?: {
    readonly name?: string
    readonly items?: readonly KeyToPath[]
    readonly defaultMode?: number
    readonly optional?: boolean
  }
  readonly projected?: { readonly sources?: readonly VolumeProjection[]; readonly defaultMode?: number }
  readonly downwardAPI?: { readonly items?: readonly DownwardAPIVolumeFile[]; readonly defaultMode?: number }
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string }
  readonly hostPath?: { readonly path: string; readonly type?: string }
}
