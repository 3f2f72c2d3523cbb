"""Here so that this folder is on the path: tests of both packages share `import_graph`."""
