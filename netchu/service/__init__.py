"""The service: reads handwriting over HTTP. It needs the packages of the extra `serve`."""
