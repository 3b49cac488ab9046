import { builtinMergeType } from '../../../src/controlplane/patch/index.ts'

export const pod = builtinMergeType('core/v1.Pod')
export const deployment = builtinMergeType('apps/v1.Deployment')
export const service = builtinMergeType('core/v1.Service')
export const serviceAccount = builtinMergeType('core/v1.ServiceAccount')
