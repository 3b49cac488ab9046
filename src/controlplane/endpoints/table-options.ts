import type { ShownAs } from '../http/accept.ts'
import { type MetaGroupVersion, parseIncludeObject, type TableOptions } from '../tables/index.ts'
import type { ObjectRequest } from './resource-request.ts'

/** @throws StatusError BadRequest */
export function tableOptions({ url }: ObjectRequest, as: ShownAs): TableOptions {
  return {
    groupVersion: metaVersion(as),
    includeObject: parseIncludeObject(url.searchParams.get('includeObject')),
  }
}

export function metaVersion({ group, version }: ShownAs): MetaGroupVersion {
  return `${group}/${version}` as MetaGroupVersion
}
