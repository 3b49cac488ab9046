import { ADD_ON_GROUP } from '../../apis/addon/constants.ts'
import {
  clusterManagementAddOnToV1Alpha1,
  clusterManagementAddOnToV1Beta1,
} from '../../apis/addon/conversion/cluster-management-add-on.ts'
import {
  managedClusterAddOnToV1Alpha1,
  managedClusterAddOnToV1Beta1,
} from '../../apis/addon/conversion/managed-cluster-add-on.ts'
import type * as v1alpha1 from '../../apis/addon/v1alpha1.ts'
import type * as v1beta1 from '../../apis/addon/v1beta1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { AppError } from '../../common/errors.ts'

const V1ALPHA1 = `${ADD_ON_GROUP}/v1alpha1`
const V1BETA1 = `${ADD_ON_GROUP}/v1beta1`

/** By kind and version; the API server has validated the objects, which is why their types are believed. */
const CONVERSIONS: ReadonlyMap<string, (object: KubeObject) => KubeObject> = new Map([
  conversion('ClusterManagementAddOn', V1ALPHA1, (object) =>
    clusterManagementAddOnToV1Beta1(object as v1alpha1.ClusterManagementAddOn),
  ),
  conversion('ClusterManagementAddOn', V1BETA1, (object) =>
    clusterManagementAddOnToV1Alpha1(object as v1beta1.ClusterManagementAddOn),
  ),
  conversion('ManagedClusterAddOn', V1ALPHA1, (object) =>
    managedClusterAddOnToV1Beta1(object as v1alpha1.ManagedClusterAddOn),
  ),
  conversion('ManagedClusterAddOn', V1BETA1, (object) =>
    managedClusterAddOnToV1Alpha1(object as v1beta1.ManagedClusterAddOn),
  ),
])

/** Turns an add-on of one version into the other. Throws an AppError for anything else. */
export function convertAddOn(object: KubeObject, desiredApiVersion: string): KubeObject {
  const { apiVersion = '', kind = '' } = object
  const convert = CONVERSIONS.get(keyOf(kind, apiVersion))
  if (!convert) throw notConvertible(`no kind "${kind}" is registered for version "${apiVersion}"`)
  if (desiredApiVersion === apiVersion)
    throw notConvertible(`conversion is not allowed between same type ${apiVersion}, Kind=${kind}`)
  if (!CONVERSIONS.has(keyOf(kind, desiredApiVersion)))
    throw notConvertible(`no kind "${kind}" is registered for version "${desiredApiVersion}"`)
  return convert(object)
}

function conversion(
  kind: string,
  fromApiVersion: string,
  convert: (object: KubeObject) => KubeObject,
): [key: string, (object: KubeObject) => KubeObject] {
  return [keyOf(kind, fromApiVersion), convert]
}

function keyOf(kind: string, apiVersion: string): string {
  return `${apiVersion}, Kind=${kind}`
}

function notConvertible(message: string): AppError {
  return new AppError('ERR_NOT_CONVERTIBLE', message)
}
