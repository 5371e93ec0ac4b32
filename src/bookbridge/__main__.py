from bookbridge.cli import main

main()
