export {
  type OpenApiAnswer,
  type OpenApiComponents,
  OpenApiDocuments,
  type OpenApiOptions,
  type OpenApiRequest,
} from './openapi-documents.ts'
