import type { JsonObject } from '../api/json.ts'
import type { GroupInfo, ResourceInfo, VersionInfo } from './api-catalog.ts'
import { storageVersionHash } from './storage-version-hash.ts'

/** `/api`. `serverAddress` is where the client has reached us. */
export function apiVersions(serverAddress: string): JsonObject {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  }
}

/** `/apis` */
export function apiGroupList(catalog: readonly GroupInfo[]): JsonObject {
  const named = catalog.filter(({ group }) => group !== '')
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: named.map(groupDocument) }
}

/** `/apis/<group>` */
export function apiGroup(info: GroupInfo): JsonObject {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(info) }
}

/** `/api/v1` and `/apis/<group>/<version>` */
export function apiResourceList(group: string, { version, resources }: VersionInfo): JsonObject {
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: groupVersion(group, version),
    resources: resources.flatMap((info) => resourceDocuments(group, version, info)),
  }
}

/** Everything at once, for `/api` (the core group alone) or `/apis` (all others). */
export function aggregatedDiscovery(catalog: readonly GroupInfo[], core: boolean): JsonObject {
  const groups = catalog.filter(({ group }) => (group === '') === core)
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map(({ version, resources }) => ({
        version,
        resources: resources.map(aggregatedResource),
        freshness: 'Current',
      })),
    })),
  }
}

function groupDocument({ group, versions }: GroupInfo): JsonObject {
  const list = versions.map(({ version }) => ({ groupVersion: groupVersion(group, version), version }))
  return { name: group, versions: list, ...(list[0] ? { preferredVersion: list[0] } : {}) }
}

function resourceDocuments(group: string, version: string, info: ResourceInfo): JsonObject[] {
  const { resource, singular, kind, namespaced, verbs, shortNames, categories, subresources = [] } = info
  const main = {
    name: resource,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames ? { shortNames } : {}),
    ...(categories ? { categories } : {}),
    // Only for what is kept, which is what can be watched.
    ...(verbs.includes('watch') ? { storageVersionHash: storageVersionHash({ group, version, kind }) } : {}),
  }
  const parts = subresources.map((part) => ({
    name: `${resource}/${part.subresource}`,
    singularName: '',
    namespaced,
    ...(part.group === undefined ? {} : { group: part.group }),
    ...(part.version === undefined ? {} : { version: part.version }),
    kind: part.kind,
    verbs: part.verbs,
  }))
  return [main, ...parts]
}

function aggregatedResource(info: ResourceInfo): JsonObject {
  const { resource, singular, kind, namespaced, verbs, shortNames, categories, subresources } = info
  return {
    resource,
    responseKind: { group: '', version: '', kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames ? { shortNames } : {}),
    ...(categories ? { categories } : {}),
    ...(subresources
      ? {
          subresources: subresources.map((part) => ({
            subresource: part.subresource,
            responseKind: { group: part.group ?? '', version: part.version ?? '', kind: part.kind },
            verbs: part.verbs,
          })),
        }
      : {}),
  }
}

function groupVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`
}
