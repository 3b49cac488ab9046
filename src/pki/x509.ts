// The one door to @peculiar/x509: its dependency injection needs reflect-metadata to have run before it loads.
import 'reflect-metadata'

export * from '@peculiar/x509'
