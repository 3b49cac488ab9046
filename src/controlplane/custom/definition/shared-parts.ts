import { sameJson } from '../../../common/json-tools.ts'
import type { JsonValue } from '../../api/json.ts'
import type { SchemaProps } from '../schema/schema-props.ts'
import type {
  DefinitionSpec,
  DefinitionVersion,
  PrinterColumn,
  SelectableField,
  Subresources,
} from './definition.ts'

/** What versions have in common is validated once, as part of the spec, and messages say so (apis/apiextensions/v1/conversion.go). */
export interface SharedParts {
  readonly schema?: { readonly openAPIV3Schema?: SchemaProps }
  readonly subresources?: Subresources
  readonly additionalPrinterColumns?: readonly PrinterColumn[]
  readonly selectableFields?: readonly SelectableField[]
}

const PARTS = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const

export interface SplitVersions {
  readonly shared: SharedParts
  /** Without what is shared. */
  readonly versions: readonly DefinitionVersion[]
}

export function splitVersions(spec: DefinitionSpec): SplitVersions {
  const versions = spec.versions ?? []
  const [first, ...others] = versions
  if (!first) return { shared: {}, versions }
  const common = PARTS.filter((part) =>
    others.every((each) => sameJson((each[part] ?? null) as JsonValue, (first[part] ?? null) as JsonValue)),
  )
  const shared = Object.fromEntries(common.map((part) => [part, first[part] ?? undefined]))
  const rest = versions.map((version) => {
    const own = Object.entries(version).filter(([name]) => !common.some((part) => part === name))
    return Object.fromEntries(own) as DefinitionVersion
  })
  return { shared, versions: rest }
}

/** As the original's own type is printed, whose fields have other names. */
export function printedVersions(versions: readonly DefinitionVersion[]): JsonValue {
  return versions.map((version) => ({
    Name: version.name ?? '',
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: version.schema
      ? { OpenAPIV3Schema: (version.schema.openAPIV3Schema ?? null) as JsonValue }
      : null,
    Subresources: (version.subresources ?? null) as JsonValue,
    AdditionalPrinterColumns: (version.additionalPrinterColumns ?? null) as JsonValue,
    SelectableFields: (version.selectableFields ?? null) as JsonValue,
  }))
}
