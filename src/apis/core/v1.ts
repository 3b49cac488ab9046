import type { Condition, KubeObject } from '../meta/v1.ts'

export type * from './node.ts'
export type * from './pod.ts'
export type * from './service.ts'
export type * from './volume.ts'

export interface Namespace extends KubeObject {
  readonly spec?: {
    /** It is not gone before these are; `kubernetes` stands for what is in it. */
    readonly finalizers?: readonly string[]
  }
  readonly status?: {
    readonly phase?: 'Active' | 'Terminating'
    readonly conditions?: readonly Condition[]
  }
}

export interface ServiceAccount extends KubeObject {
  /** Given to the pods that run under it. */
  readonly imagePullSecrets?: readonly { readonly name?: string }[]
  readonly secrets?: readonly { readonly name?: string }[]
  /** Whether Pods get a token of it. @default true */
  readonly automountServiceAccountToken?: boolean
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
  /** Base64. */
  readonly binaryData?: Readonly<Record<string, string>>
  readonly immutable?: boolean
}

export interface Secret extends KubeObject {
  /** @default Opaque */
  readonly type?: string
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>
  /** Only in what is written: goes to `data`. */
  readonly stringData?: Readonly<Record<string, string>>
  readonly immutable?: boolean
}
