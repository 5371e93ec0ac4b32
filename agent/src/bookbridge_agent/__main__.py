from bookbridge_agent.cli import main

main()
