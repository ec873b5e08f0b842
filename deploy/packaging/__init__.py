"""From the sources to what AWS takes: a clean copy of each service, its zip, its template, and one image of all of them."""
