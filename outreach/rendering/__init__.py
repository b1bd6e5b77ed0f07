"""Values in, values out: templates, MJML, CSS, text parts and message bytes."""
